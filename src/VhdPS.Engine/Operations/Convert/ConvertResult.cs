using VhdPS.Engine.Disks;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>What a conversion made.</summary>
/// <param name="Path">The new file.</param>
/// <param name="Format">What it is.</param>
/// <param name="SizeBytes">Its virtual size.</param>
/// <param name="FileSize">Its length in bytes.</param>
/// <param name="SizeOnDisk">Bytes that it takes on the medium.</param>
/// <param name="WrittenBytes">Bytes of the disk that were written, the rest being zeros.</param>
public sealed record ConvertResult(string Path, DiskFormat Format, long SizeBytes, long FileSize, long SizeOnDisk, long WrittenBytes);
