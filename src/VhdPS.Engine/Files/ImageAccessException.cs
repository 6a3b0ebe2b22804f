using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>The system does not let this user do with a file or its folder what is asked.</summary>
public sealed class ImageAccessException : UnauthorizedAccessException
{
    /// <summary>Names the file and what is not allowed.</summary>
    public ImageAccessException(string path, string reason, Exception? inner = null)
        : base(PrintableText.Escape($"{path}: access denied: {reason}."), inner)
    {
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }
}
