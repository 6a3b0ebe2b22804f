namespace VhdPS.Engine.Operations.Compare;

/// <summary>What a comparison found about a range.</summary>
public enum ComparisonSide
{
    /// <summary>Both disks hold the same there.</summary>
    Equal,

    /// <summary>Both disks have these sectors, and they differ.</summary>
    Both,

    /// <summary>Data behind the end of the difference disk.</summary>
    Reference,

    /// <summary>Data behind the end of the reference disk.</summary>
    Difference,
}
