using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Disks;

/// <summary>A raw file, or a fixed image: the disk's bytes in place, with holes for its zeros where the file system can.</summary>
/// <param name="file">A new, empty file.</param>
/// <param name="sizeBytes">The disk's size.</param>
/// <param name="footer">The footer of a fixed image; null for a raw file.</param>
internal sealed class FlatDiskWriter(ImageFile file, long sizeBytes, HardDiskFooter? footer) : DiskWriter(file)
{
    // What is not read takes one call, however long it is.
    public override long UnitSize => (FindsZeros ? 2 : 256) * ChunkSize;

    // The length at once: a volume that is too full, or that cannot hold so large a file, says so before the work.
    public override void Begin() => File.SetLength(sizeBytes + (footer is null ? 0 : VhdSpec.FooterSize));

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        foreach (DiskExtent extent in unit.Data)
        {
            if (!FindsZeros)
            {
                long end = Math.Min(extent.End, sizeBytes);
                Span<byte> scratch = buffer.AsSpan(0, ChunkSize);
                Fresh.PutUnread(source.FindStored, source.ReadAt, extent.Offset, end, extent.Offset, scratch, stopping);
                continue;
            }

            for (long at = extent.Offset; at < extent.End;)
            {
                stopping.ThrowIfCancellationRequested();
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(ChunkSize, extent.End - at));
                source.ReadAt(at, chunk);
                WriteRuns(source, at, chunk[..(int)Math.Min(chunk.Length, sizeBytes - at)]);
                at += chunk.Length;
            }
        }
    }

    public override void Complete()
    {
        if (footer is not null)
        {
            File.WriteAt(sizeBytes, footer.Bytes);
        }
    }

    private void WriteRuns(DiskSource source, long offset, ReadOnlySpan<byte> chunk)
    {
        for (int at = 0; ZeroScan.TryFindData(chunk, at, out int start, out int end); at = end)
        {
            Fresh.Put(source.FindStored, offset + start, offset + start, chunk[start..end]);
        }
    }
}
