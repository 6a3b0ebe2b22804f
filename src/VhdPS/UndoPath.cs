namespace VhdPS;

/// <summary>Where the undo file of a repair is.</summary>
internal static class UndoPath
{
    /// <summary>
    /// The path of an image's undo file: the image's name with ".undo" after it, in the folder or under the path that the caller names.
    /// </summary>
    /// <param name="resolver">Resolves what the caller names.</param>
    /// <param name="imagePath">The full path of the image.</param>
    /// <param name="backup">The undo file, or a folder for it; null for the place beside the image.</param>
    public static string Resolve(PathResolver resolver, string imagePath, string? backup)
    {
        string beside = imagePath + ".undo";
        if (backup is null)
        {
            return beside;
        }

        string named = resolver.ResolveLiteral(backup);
        return Directory.Exists(named) ? Path.Combine(named, Path.GetFileName(beside)) : named;
    }
}
