using System.Buffers;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>Makes a range of a file read as zeros, or says whether it does. What the system knows to be a hole is not touched.</summary>
internal static class ZeroFill
{
    private const int ChunkSize = 1024 * 1024;

    /// <summary>Writes zeros over what is not zero in a range; after the end of the file nothing is written.</summary>
    /// <returns>Whether anything was written.</returns>
    public static bool Clear(ImageFile file, long from, long end, CancellationToken cancellation = default)
    {
        bool isWritten = false;
        bool Overwrite(long at, Span<byte> chunk)
        {
            chunk.Clear();
            file.WriteAt(at, chunk);
            return isWritten = true;
        }

        Walk(file, from, end, Overwrite, cancellation);
        return isWritten;
    }

    /// <summary>Makes a range read as zeros and gives its space back where the file system can; else zeros are written.</summary>
    public static void Discard(ImageFile file, long from, long end)
    {
        end = Math.Min(end, file.Length);
        if (from < end && !file.TryPunchHole(from, end - from))
        {
            Clear(file, from, end);
        }
    }

    /// <summary>Whether all of a range is zeros, or after the end of the file.</summary>
    public static bool IsClear(ImageFile file, long from, long end, CancellationToken cancellation = default)
    {
        bool isClear = true;
        Walk(file, from, end, (_, _) => isClear = false, cancellation);
        return isClear;
    }

    private delegate bool ChunkAction(long fileOffset, Span<byte> chunk);

    /// <summary>Calls back for each chunk that is not all zeros until it is told to stop.</summary>
    private static void Walk(ImageFile file, long from, long end, ChunkAction action, CancellationToken cancellation)
    {
        end = Math.Min(end, file.Length);
        if (from >= end)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkSize, end - from));
        try
        {
            for (long at = from; at < end;)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!file.TryFindData(at, out long dataOffset, out _))
                {
                    return;
                }

                // A hole may end inside a sector; sectors are taken whole.
                at = Math.Max(at, dataOffset - (dataOffset % VhdSpec.SectorSize));
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Clamp(end - at, 0, Math.Min(ChunkSize, buffer.Length)));
                int count = file.ReadAt(at, chunk);
                if (chunk[..count].IndexOfAnyExcept((byte)0) >= 0 && !action(at, chunk))
                {
                    return;
                }

                at += Math.Max(1, chunk.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
