namespace VhdPS.Engine.Partitions;

/// <summary>Whether the backup of a GPT moves with the end of its disk.</summary>
internal enum GptMoveVerdict
{
    /// <summary>The disk has no GPT, or its backup and all numbers are right for the size.</summary>
    NotNeeded,

    /// <summary>It moves.</summary>
    Planned,

    /// <summary>The copy at sector 1 is damaged or the table describes what no disk can have; it must be repaired first.</summary>
    TableDamaged,

    /// <summary>A disk of that size has no space for the partitions and the backup after them.</summary>
    DoesNotFit,
}
