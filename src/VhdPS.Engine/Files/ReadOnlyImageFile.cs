namespace VhdPS.Engine.Files;

/// <summary>A file that is only ever read: the base of what no one could write to, or should.</summary>
internal abstract class ReadOnlyImageFile : ImageFile
{
    public sealed override bool CanWrite => false;

    public sealed override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    public sealed override void SetLength(long length) => throw new NotSupportedException();

    public sealed override void Flush() => throw new NotSupportedException();
}
