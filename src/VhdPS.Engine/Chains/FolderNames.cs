namespace VhdPS.Engine.Chains;

/// <summary>The names in folders, each folder listed once, to be found whatever the case of their letters.</summary>
internal sealed class FolderNames
{
    private readonly Dictionary<string, ILookup<string, string>> _folders = new(StringComparer.Ordinal);

    /// <summary>The names in a folder that differ from a name in case at most; none of a folder that cannot be listed.</summary>
    public IEnumerable<string> Like(string folder, string name)
    {
        if (!_folders.TryGetValue(folder, out ILookup<string, string>? names))
        {
            _folders[folder] = names = List(folder).ToLookup(entry => entry, StringComparer.OrdinalIgnoreCase);
        }

        return names[name];
    }

    private static string[] List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
