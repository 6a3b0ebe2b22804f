namespace VhdPS.Engine.Files;

/// <summary>What shows that a file is the one that was looked at, and as it was then.</summary>
/// <param name="Identity">The file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="LastWriteTime">When it was last written to, UTC.</param>
internal readonly record struct FileStamp(FileIdentity Identity, long Length, DateTime LastWriteTime);
