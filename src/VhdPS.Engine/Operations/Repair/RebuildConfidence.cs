namespace VhdPS.Engine.Operations.Repair;

/// <summary>How sure it is which block of the disk a block found in the file is.</summary>
public enum RebuildConfidence
{
    /// <summary>The blocks are taken to have been written in order from the last known one on; there are fewer than could be.</summary>
    Low,

    /// <summary>The file holds as many blocks as the disk has, and no entry is left to say whether they are in order.</summary>
    Medium,

    /// <summary>Between two known entries in order, exactly as many blocks were found as entries are missing.</summary>
    High,
}
