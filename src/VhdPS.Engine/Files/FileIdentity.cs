namespace VhdPS.Engine.Files;

/// <summary>A file's volume and number on it, or its full path where the system gives neither.</summary>
/// <param name="Volume">The volume's number.</param>
/// <param name="FileNumberHigh">Upper half of the file's number.</param>
/// <param name="FileNumberLow">Lower half of the file's number (the inode).</param>
/// <param name="FullPath">Empty where the numbers are known.</param>
public readonly record struct FileIdentity(ulong Volume, ulong FileNumberHigh, ulong FileNumberLow, string FullPath);
