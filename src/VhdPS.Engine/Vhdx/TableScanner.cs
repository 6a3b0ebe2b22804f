using System.Buffers.Binary;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Vhdx;

/// <summary>Takes the entries of a whole table in their order, in a buffer of 1 MiB.</summary>
/// <param name="file">The file, with the changes of its log.</param>
/// <param name="layout">Where the table is.</param>
internal sealed class TableScanner(ImageFile file, VhdxLayout layout)
{
    private const int BufferSize = VhdxSpec.Mebibyte;

    /// <summary>Takes an entry of the table.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="chunkIndex">Its chunk.</param>
    /// <param name="blockIndex">Its payload block; -1 where it is that of the chunk's bitmap block.</param>
    public delegate void Visit(TableEntry entry, long chunkIndex, long blockIndex);

    /// <summary>Visits all entries; those past the disk's last block are left out, but for bitmap blocks.</summary>
    /// <param name="visit">Takes each entry.</param>
    /// <param name="progress">Is told the bytes of the table that have been visited.</param>
    /// <param name="cancellation">Ends the scan.</param>
    /// <exception cref="ImageIOException">The table could not be read.</exception>
    public void Run(Visit visit, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ChunkMap chunks = layout.Chunks;
        long length = chunks.EntryCount * VhdxSpec.TableEntrySize;
        byte[] buffer = new byte[Math.Min(BufferSize, length)];
        long chunkIndex = 0, blockIndex = 0;
        int inChunk = 0;
        for (long done = 0; done < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done));
            if (file.ReadAt(layout.EntryOffset(0) + done, bytes) < bytes.Length)
            {
                throw ShortRead.At(file, layout.EntryOffset(0) + done);
            }

            for (int at = 0; at < bytes.Length; at += VhdxSpec.TableEntrySize)
            {
                var entry = new TableEntry(BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));
                if (inChunk == chunks.BlocksPerChunk)
                {
                    visit(entry, chunkIndex, -1);
                    chunkIndex++;
                    inChunk = 0;
                    continue;
                }

                if (blockIndex < chunks.BlockCount)
                {
                    visit(entry, chunkIndex, blockIndex);
                }

                blockIndex++;
                inChunk++;
            }

            done += bytes.Length;
            progress?.Report(new WorkProgress(done, length));
        }
    }
}
