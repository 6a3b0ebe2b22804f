using System.Buffers;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Compares bytes with those of a file.</summary>
internal static class FileBytes
{
    /// <summary>Whether the file holds <paramref name="expected"/> at an offset.</summary>
    public static bool Equal(ImageFile file, long fileOffset, ReadOnlySpan<byte> expected)
    {
        byte[] actual = ArrayPool<byte>.Shared.Rent(expected.Length);
        try
        {
            Span<byte> read = actual.AsSpan(0, expected.Length);
            return (expected.Length == 0 || file.ReadAt(fileOffset, read) == expected.Length) && read.SequenceEqual(expected);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(actual);
        }
    }
}
