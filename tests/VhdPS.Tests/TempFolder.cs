namespace VhdPS.Tests;

/// <summary>A folder for one test's files, deleted with everything in it when the test ends.</summary>
internal sealed class TempFolder : IDisposable
{
    /// <summary>Makes the folder under the system's temporary folder.</summary>
    public TempFolder() => Root = Directory.CreateTempSubdirectory("vhdps-test-").FullName;

    /// <summary>Full path of the folder.</summary>
    public string Root { get; }

    /// <summary>The full path of a name in the folder, with the system's separators.</summary>
    public string this[string name] => Path.GetFullPath(Path.Combine(Root, name));

    /// <summary>Writes a file and returns its full path.</summary>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = this[name];
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(handle, bytes, 0);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
