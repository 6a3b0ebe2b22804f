namespace VhdPS.Engine.Format;

/// <summary>The names by which programs sign their images: four bytes, filled up with blanks or with NULs as each is used to.</summary>
/// <param name="Text">The name with its blanks; NULs at the end are left out.</param>
/// <param name="Program">The program, human-readable.</param>
internal sealed record CreatorName(string Text, string Program)
{
    /// <summary>The names that are known.</summary>
    public static IReadOnlyList<CreatorName> Known { get; } =
    [
        new(VirtualSize.WindowsCreator, "Windows and Hyper-V: every reader takes the exact size"),
        new("vpc ", "Virtual PC: the geometry is the size"),
        new("vs  ", "Virtual Server"),
        new("vbox", "VirtualBox"),
        new("qem2", "QEMU with force_size: every reader takes the exact size"),
        new("qemu", "QEMU: the geometry is the size"),
        new("d2v ", "Disk2vhd"),
        new("tap", "Xen"),
        new("CTXS", "Citrix"),
        new("wa", "Windows Azure"),
    ];

    /// <summary>A name with the blanks that belong to it: readers compare all four bytes. An unknown one is left as it is.</summary>
    public static string Complete(string text) =>
        Known.FirstOrDefault(name => name.Text.TrimEnd() == text.TrimEnd())?.Text ?? text;
}
