using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files;

/// <summary>Writes into places that the system has in no page yet: new files, and what makes a file longer.</summary>
internal static class PiecewiseWrite
{
    /// <summary>
    /// The most bytes of one write. For a longer one Linux (6.18; ext4, XFS) takes memory in pieces as large as the write, which can
    /// take ten times as long as the copy; docs/performance.md has the figures. Over pages that are there already, long writes are faster.
    /// </summary>
    public const int PieceBytes = 128 * 1024;

    /// <summary>Writes all of <paramref name="data"/>, in order.</summary>
    public static void At(SafeFileHandle handle, long fileOffset, ReadOnlySpan<byte> data)
    {
        while (data.Length > PieceBytes)
        {
            // The first piece ends where a multiple of the size does, so that no page is written twice.
            int count = PieceBytes - (int)(fileOffset % PieceBytes);
            RandomAccess.Write(handle, data[..count], fileOffset);
            fileOffset += count;
            data = data[count..];
        }

        RandomAccess.Write(handle, data, fileOffset);
    }
}
