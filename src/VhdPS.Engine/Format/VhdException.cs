namespace VhdPS.Engine.Format;

/// <summary>The base of every exception of the engine's own: what a file, a peer or the system may cause. Wrong arguments are
/// <see cref="ArgumentException"/>.</summary>
public abstract class VhdException : IOException
{
    private protected VhdException(string path, string message, Exception? inner = null)
        : base(PrintableText.Escape($"{path}: {message}"), inner)
    {
        Path = path;
    }

    /// <summary>The file, or the address without what is secret in it.</summary>
    public string Path { get; }

    /// <summary>A new file that is whole but could not be given the name <see cref="Path"/>; null in most cases.</summary>
    public string? FinishedPath { get; internal init; }
}
