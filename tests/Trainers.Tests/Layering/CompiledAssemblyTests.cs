using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Layering;

[TestClass]
public sealed class CompiledAssemblyTests
{
    [TestMethod]
    public void Types_OfThisAssembly_NameFolderAndUses()
    {
        using var self = new CompiledAssembly(typeof(CompiledAssemblyTests).Assembly.Location, "tests/Trainers.Tests");
        IReadOnlyList<CompiledType> types = self.Types();

        CompiledType here = types.Single(type => type.Name == typeof(CompiledAssemblyTests).FullName);
        here.Folder.Should().Be("Layering");
        here.Uses.Should().Contain(
        [
            new TypeUse("Trainers.Tests", typeof(CompiledAssembly).FullName!),
            new TypeUse("FluentAssertions", typeof(AssertionExtensions).FullName!),
            new TypeUse("System.Text.Json", typeof(System.Text.Json.JsonDocument).FullName!),
        ]);
        types.Single(type => type.Name == typeof(LayeringTests).FullName).Folder.Should().BeEmpty();
        types.Should().Contain(type => type.Name == typeof(TypeUse).FullName);
    }

    [TestMethod]
    public void Types_WithoutMethodBodies_HaveAFolderToo()
    {
        using var self = new CompiledAssembly(typeof(CompiledAssemblyTests).Assembly.Location, "tests/Trainers.Tests");
        self.Types().Single(type => type.Name == typeof(ILieHere).FullName).Folder.Should().Be("Layering");
    }

    // Mentioned in a nested, generic and compiler-generated place: counts as a use of the type around it.
    private static Func<List<System.Text.Json.JsonDocument?>> Hidden => () => [null];
}

internal interface ILieHere;
