using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>An open file and the path that names it.</summary>
/// <param name="Handle">The open file.</param>
/// <param name="Path">Its own path, not that of a link to it.</param>
internal readonly record struct OpenedFile(SafeFileHandle Handle, string Path);
