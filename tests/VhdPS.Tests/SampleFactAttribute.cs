namespace VhdPS.Tests;

/// <summary>A test on real images of other programs: skipped where they are not beside the checkout.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SampleFactAttribute : FactAttribute
{
    public SampleFactAttribute() => Skip = Repository.Samples is null ? "the sample images are not there" : null;
}
