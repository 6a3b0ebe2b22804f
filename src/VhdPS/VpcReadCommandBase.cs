using System.Management.Automation;
using VhdPS.Engine.Disks;

namespace VhdPS;

/// <summary>A cmdlet that only reads the disks in its files, be they images or raw disks.</summary>
public abstract class VpcReadCommandBase : VpcDiskCommandBase
{
    /// <summary>
    /// What the file is read as: an image, or a raw disk. Never guessed: what a guest wrote on a raw disk can look like an image, and
    /// an image read as a raw disk gives nonsense.
    /// </summary>
    [Parameter]
    [SingleValue]
    public SourceFormat SourceFormat { get; set; }
}
