namespace VhdPS.Tests;

/// <summary>Tests that look at what the whole process does or has, and run beside no other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
