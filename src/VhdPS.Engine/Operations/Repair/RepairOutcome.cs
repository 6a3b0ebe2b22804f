namespace VhdPS.Engine.Operations.Repair;

/// <summary>What a repair makes of one finding.</summary>
public enum RepairOutcome
{
    /// <summary>It is mended.</summary>
    Repair,

    /// <summary>It can be mended, and was not asked for.</summary>
    NotSelected,

    /// <summary>The file does not prove what would be right, so it stays as it is.</summary>
    NotProven,

    /// <summary>Repair has no means for it.</summary>
    NotRepairable,
}
