using VhdPS.Engine.Files;


namespace VhdPS.Engine.Pages;

/// <summary>A page blob as a file that is read: stretches without pages are its holes.</summary>
/// <param name="blob">The blob, which stays its owner's.</param>
/// <param name="length">Its length.</param>
/// <param name="pages">Where it may have pages; null for everywhere.</param>
/// <param name="retry">How often a read is tried.</param>
/// <param name="cancellation">Ends reads.</param>
internal sealed class PageBlobFile(PageBlob blob, long length, PageMap? pages, TransferRetry retry, CancellationToken cancellation)
    : ReadOnlyImageFile
{
    public override string Path => blob.Address.Target;

    public override long Length => length;

    public override long SizeOnDisk => length;

    public override FileIdentity Identity => new(0, 0, 0, blob.Address.Target);

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        int total = (int)Math.Clamp(length - fileOffset, 0, buffer.Length);
        for (int done = 0; done < total;)
        {
            byte[] part = new byte[Math.Min(PageBlob.MaxRequestBytes, total - done)];
            long at = fileOffset + done;
            retry.Run(token => blob.ReadAsync(at, part, token), cancellation);
            part.CopyTo(buffer[done..]);
            done += part.Length;
        }

        return total;
    }

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd) =>
        pages is null ? base.TryFindData(fileOffset, out dataOffset, out dataEnd) : pages.TryFind(fileOffset, out dataOffset, out dataEnd);

    protected override void Dispose(bool disposing)
    {
    }
}
