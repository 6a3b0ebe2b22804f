namespace VhdPS.Engine.Files;

/// <summary>A file that someone else owns, lent to a reader that would close it.</summary>
internal sealed class NonOwningImageFile(ImageFile owned) : PassThroughImageFile(owned, closesInner: false)
{
    public override bool CanWrite => false;

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    public override void SetLength(long length) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override bool TryPunchHole(long fileOffset, long length) => false;

    public override void Reserve(long fileOffset, long length)
    {
    }
}
