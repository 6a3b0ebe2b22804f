namespace VhdPS;

/// <summary>What every output about one file has, so that it pipes into every cmdlet.</summary>
public abstract class VpcObject
{
    /// <summary>Takes the full path of the file.</summary>
    protected VpcObject(string path)
    {
        Path = path;
    }

    /// <summary>The full path of the file, or the address of an NBD export.</summary>
    public string Path { get; }

    /// <summary>The name of the file or the export, as it is.</summary>
    public virtual string Name => VpcPlace.NameOf(Path);

    /// <summary>The path with its provider; an address as it stands.</summary>
    public string PSPath => SourceArguments.IsRemote(Path) ? Path : PathResolver.ProviderPrefix + Path;
}
