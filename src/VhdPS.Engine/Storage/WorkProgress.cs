namespace VhdPS.Engine.Storage;

/// <summary>How far a long work has come.</summary>
/// <param name="DoneBytes">Bytes that are done.</param>
/// <param name="TotalBytes">Bytes that there are to do.</param>
public readonly record struct WorkProgress(long DoneBytes, long TotalBytes);
