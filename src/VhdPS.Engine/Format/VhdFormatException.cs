namespace VhdPS.Engine.Format;

/// <summary>The content of a file keeps an operation from going on. Not an input or output error.</summary>
public sealed class VhdFormatException : Exception
{
    /// <summary>Wraps one finding.</summary>
    public VhdFormatException(string path, Finding finding)
        : base(PrintableText.Escape($"{path}: {finding.Describe()}"))
    {
        Path = path;
        Finding = finding;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What was found.</summary>
    public Finding Finding { get; }
}
