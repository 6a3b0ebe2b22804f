namespace VhdPS.Engine.Vhdx;

/// <summary>Adjacent blocks of one state that follow on each other in the file, for maps.</summary>
/// <param name="BlockIndex">The first block.</param>
/// <param name="BlockCount">Blocks, at least 1.</param>
/// <param name="State">What the table says of them.</param>
/// <param name="FileOffset">Bytes from the start of the file to the first; -1 where they are not in it.</param>
internal readonly record struct VhdxBlockRun(long BlockIndex, long BlockCount, PayloadState State, long FileOffset);
