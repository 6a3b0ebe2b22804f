using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>What a command would do to an image, as -WhatIf emits it. What the command would refuse is refused here, too.</summary>
/// <remarks>It has no path that another command binds: a plan that is piped on must not delete the image that it is about.</remarks>
public abstract class VpcPlan
{
    private protected VpcPlan(string imagePath, string changes)
    {
        ImagePath = imagePath;
        Changes = PrintableText.Escape(changes);
    }

    /// <summary>The full path of the image, or the address of an NBD export.</summary>
    public string ImagePath { get; }

    /// <summary>What would be done, human-readable.</summary>
    public string Changes { get; }

    /// <summary>The most bytes that would be written.</summary>
    public long BytesWritten { get; private protected init; }

    /// <summary>Bytes that must be free on the volume of what is written.</summary>
    public long FreeSpaceNeeded { get; private protected init; }

    /// <summary>Files that would be deleted.</summary>
    public VpcList<string> Deletes { get; private protected init; } = new([]);

    /// <summary>How much would be written; no path, for text that is piped can be taken for one.</summary>
    public override string ToString() => $"a plan to write {VpcSize.Format(BytesWritten)}";
}
