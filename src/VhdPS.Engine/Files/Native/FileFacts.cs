namespace VhdPS.Engine.Files.Native;

/// <summary>What kind of thing a path names.</summary>
internal enum FileKind
{
    Missing,
    Regular,
    Directory,
    Other,
}

/// <summary>Kind, identity and room of a file, as far as the system tells.</summary>
/// <param name="Kind">What the path names, links followed.</param>
/// <param name="Identity">Volume and number.</param>
/// <param name="SizeOnDisk">Bytes on the medium, or null.</param>
internal readonly record struct FileFacts(FileKind Kind, FileIdentity Identity, long? SizeOnDisk);
