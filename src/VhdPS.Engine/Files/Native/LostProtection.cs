namespace VhdPS.Engine.Files.Native;

/// <summary>Something of a replaced file's protection that the new file could not be given.</summary>
/// <param name="What">Its name and value, to be read after "could not be kept: ".</param>
/// <param name="IsAccess">Whether it decides who may use the file: its owner, its group or its access list.</param>
internal readonly record struct LostProtection(string What, bool IsAccess);
