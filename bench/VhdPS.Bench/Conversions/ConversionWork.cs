namespace VhdPS.Bench.Conversions;

/// <summary>One conversion of a full disk, by the cmdlet and by others.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Source">The file that is converted.</param>
/// <param name="CopySource">The file that cp copies: as many bytes.</param>
/// <param name="Command">The cmdlet, with $source and $target; of one that replaces its file, $target is a copy of the source.</param>
/// <param name="QemuFormats">What qemu-img convert is told.</param>
/// <param name="IsInstead">Whether the target is there before, as a copy of the source, and is replaced by all.</param>
internal sealed record ConversionWork(
    string Name, string Source, string CopySource, string Command, string[] QemuFormats, bool IsInstead = false)
{
    /// <summary>Switches of the cmdlet that are measured beside its default.</summary>
    public string[] Switches => IsInstead ? ["-Mode Quick"] : ["-NoZeroScan", "-NoFlush"];
}
