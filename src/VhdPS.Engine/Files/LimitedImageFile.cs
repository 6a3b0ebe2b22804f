namespace VhdPS.Engine.Files;

/// <summary>A file that someone else owns, read at a limited rate.</summary>
internal sealed class LimitedImageFile(ImageFile owned, RateLimit limit) : NonOwningImageFile(owned)
{
    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        limit.Wait(buffer.Length);
        return base.ReadAt(fileOffset, buffer);
    }
}
