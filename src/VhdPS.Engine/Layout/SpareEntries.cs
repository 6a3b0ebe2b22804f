using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>Table entries past the disk's last block: some programs write one too many, and a disk can grow into them.</summary>
internal static class SpareEntries
{
    private const int ChunkBytes = 64 * 1024;

    /// <summary>File offset of the first that is in use; null where all that the file has of them are unused.</summary>
    public static long? FindUsed(ImageFile file, ImageLayout layout, CancellationToken cancellation)
    {
        long at = BlockAllocationTable.EntryOffset(layout.TableOffset, layout.BlockCount);
        long end = Math.Min(layout.Header!.EntriesEnd, layout.DataEnd);
        byte[] buffer = new byte[Math.Clamp(end - at, 0, ChunkBytes)];
        for (; at < end; at += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at));
            int used = bytes[..file.ReadAt(at, bytes)].IndexOfAnyExcept((byte)0xFF);
            if (used >= 0)
            {
                return at + used - (used % VhdSpec.TableEntrySize);
            }
        }

        return null;
    }
}
