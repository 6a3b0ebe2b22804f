namespace VhdPS.Engine.Files;

/// <summary>Another process, or another handle of this one, has the file open in a way that rules this out.</summary>
public sealed class ImageInUseException : IOException
{
    /// <summary>Names the file and what was wanted.</summary>
    public ImageInUseException(string path, bool forWriting, Exception? inner = null)
        : base($"{path}: in use: another program has the image open{(forWriting ? string.Empty : " for writing")}. Close it and try again.", inner)
    {
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }
}
