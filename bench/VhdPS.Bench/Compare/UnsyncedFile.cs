using VhdPS.Engine.Files;

namespace VhdPS.Bench.Compare;

/// <summary>A file whose syncs do nothing, to see what they cost.</summary>
internal sealed class UnsyncedFile(ImageFile file) : PassThroughImageFile(file)
{
    public override void Flush()
    {
    }
}
