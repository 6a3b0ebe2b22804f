using VhdPS.Engine.Files;

namespace VhdPS.Tests.Crash;

/// <summary>Passes everything on to another file, and fails one of the reads.</summary>
internal sealed class UnreadableImageFile(ImageFile inner, int failAt) : PassThroughImageFile(inner)
{
    private const int IOErrorErrno = 5;

    /// <summary>Reads so far.</summary>
    public int ReadCount { get; private set; }

    public override int ReadAt(long fileOffset, Span<byte> buffer) => ReadCount++ == failAt
        ? throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, new IOException("Input/output error", IOErrorErrno))
        : base.ReadAt(fileOffset, buffer);
}
