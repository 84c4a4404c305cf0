using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Faults.Packages;

/// <summary>The canary of the friend access to ML.NET.</summary>
[TestClass]
public sealed class MlNetInternalsTests
{
    private const string Networks = "Microsoft.ML.NeuralNetworks", Trainers = "Microsoft.ML.Trainers.Torch";

    [TestMethod]
    [DataRow(Networks, "Microsoft.ML.ModelLoadContext.CheckAtModel")]
    [DataRow(Trainers, "Microsoft.ML.Trainers.TrainerUtils.MakeR4VecFeature")]
    public void Resolve_EveryMemberThatTheLibraryUses_IsThere(string name, string one)
    {
        (IReadOnlyList<string> internals, IReadOnlyList<string> missing) = Resolve(File.ReadAllBytes(PathOf(name)), AssemblyLoadContext.Default);
        missing.Should().BeEmpty("this version of Microsoft.ML still has what {0} was built against", name);
        internals.Count.Should().BeGreaterThan(10);
        internals.Should().Contain(one);
    }

    [TestMethod]
    [DataRow(Networks, "SaveBinaryStream")]
    [DataRow(Networks, "SaveCore")]
    [DataRow(Trainers, "CheckMulticlassLabel")]
    [DataRow(Trainers, "IHostEnvironmentInternal")]
    public void Resolve_AMemberIsGone_IsNamed(string name, string member)
    {
        // As if the member had another name in a later ML.NET: it has another name in this copy of our assembly.
        byte[] image = File.ReadAllBytes(PathOf(name));
        string gone = member[..^1] + "9";
        byte[] from = Encoding.UTF8.GetBytes($"\0{member}\0"), to = Encoding.UTF8.GetBytes($"\0{gone}\0");
        int at = image.AsSpan().IndexOf(from);
        at.Should().BePositive("{0} uses {1}", name, member);
        to.CopyTo(image.AsSpan(at));
        var elsewhere = new AssemblyLoadContext("renamed", isCollectible: true);
        Resolve(image, elsewhere).Missing.Should().Contain(what => what.Contains(gone));
        elsewhere.Unload();
    }

    private static (IReadOnlyList<string> Internals, IReadOnlyList<string> Missing) Resolve(byte[] image, AssemblyLoadContext context)
    {
        using var reader = new PEReader(new MemoryStream(image));
        Assembly assembly = context == AssemblyLoadContext.Default
            ? Assembly.Load(new AssemblyName(reader.GetMetadataReader().GetString(reader.GetMetadataReader().GetAssemblyDefinition().Name)))
            : context.LoadFromStream(new MemoryStream(image));
        return new MlNetInternals(assembly, reader).Resolve();
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
}
