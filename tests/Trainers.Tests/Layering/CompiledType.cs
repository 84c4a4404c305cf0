namespace Trainers.Tests.Layering;

/// <summary>A type of a compiled assembly, the folder its source lies in, and every type it mentions.</summary>
/// <param name="Name">Its full name; nested and compiler-generated types count as part of the type around them.</param>
/// <param name="Folder">The folder of its source below the project's, such as <c>Engines/Cpu</c>; empty in the project's own folder.</param>
/// <param name="Uses">The types in its signatures, fields, attributes and method bodies.</param>
internal sealed record CompiledType(string Name, string Folder, IReadOnlySet<TypeUse> Uses)
{
    /// <summary>The first part of <see cref="Folder"/>.</summary>
    public string Room => Folder.Split('/')[0];
}

/// <summary>A mention of a type.</summary>
/// <param name="Assembly">The simple name of the assembly that holds it.</param>
/// <param name="Name">Its full name; for a nested type that of the outermost one.</param>
internal sealed record TypeUse(string Assembly, string Name);
