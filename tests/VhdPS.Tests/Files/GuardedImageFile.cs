using VhdPS.Engine.Files;


namespace VhdPS.Tests.Files;

/// <summary>Passes everything on to another file, and asks first whether it may be changed now.</summary>
internal sealed class GuardedImageFile(ImageFile inner, Action beforeChange) : PassThroughImageFile(inner)
{
    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        beforeChange();
        base.WriteAt(fileOffset, data);
    }

    public override void SetLength(long length)
    {
        beforeChange();
        base.SetLength(length);
    }

    public override bool TryPunchHole(long fileOffset, long length)
    {
        beforeChange();
        return base.TryPunchHole(fileOffset, length);
    }
}
