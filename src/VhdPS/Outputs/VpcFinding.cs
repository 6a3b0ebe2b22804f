using VhdPS.Engine.Format;


namespace VhdPS;

/// <summary>One fault of an image. Its values are text and numbers only, so that CSV and JSON hold all of it.</summary>
public sealed class VpcFinding : VpcObject
{
    internal VpcFinding(string path, Finding finding)
        : base(path)
    {
        Code = finding.Code.ToString();
        Severity = finding.Severity.ToString();
        Structure = finding.Structure.ToString();
        FileOffset = finding.FileOffset;
        Block = finding.BlockIndex;
        BlockCount = finding.BlockIndex is null ? null : finding.BlockCount;
        Expected = finding.Expected;
        Actual = finding.Actual;
        Message = finding.Message;
        IsRepairable = finding.IsRepairable;
        Advice = AdviceCatalog.ActionFor(finding);
    }

    /// <summary>The violated fact, as about_VpcErrors explains it.</summary>
    public string Code { get; }

    /// <summary>Error, Warning or Note.</summary>
    public string Severity { get; }

    /// <summary>The part of the image.</summary>
    public string Structure { get; }

    /// <summary>Bytes from the start of the file, where there is one place.</summary>
    public long? FileOffset { get; }

    /// <summary>The block that it is about, where there is one.</summary>
    public long? Block { get; }

    /// <summary>Adjacent blocks that it is about, from that one on.</summary>
    public long? BlockCount { get; }

    /// <summary>The value that would be right.</summary>
    public string Expected { get; }

    /// <summary>The value found.</summary>
    public string Actual { get; }

    /// <summary>What is wrong.</summary>
    public string Message { get; }

    /// <summary>Whether Repair-VpcImage repairs it; in a finding of Test-VpcImage, in this image, as a plan of the repair has it.</summary>
    public bool IsRepairable { get; }

    /// <summary>What can be done.</summary>
    public string Advice { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Severity} {Code}: {Message}";
}
