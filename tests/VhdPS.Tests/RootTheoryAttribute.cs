namespace VhdPS.Tests;

/// <summary>As <see cref="RootFactAttribute"/>, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute(params string[] programs) => Skip = RootFactAttribute.FindSkipReason(programs);
}
