namespace VhdPS.Engine.Format;

/// <summary>The content of a file keeps an operation from going on. Not an input or output error.</summary>
public sealed class VhdFormatException : VhdException
{
    /// <summary>Wraps one finding.</summary>
    public VhdFormatException(string path, Finding finding)
        : base(path, finding.Describe())
    {
        Finding = finding;
    }

    /// <summary>What was found.</summary>
    public Finding Finding { get; }
}
