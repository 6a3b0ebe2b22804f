using System.Management.Automation;

namespace VhdPS;

/// <summary>A cmdlet that makes or changes images: it says what it would do, shows how far it is, and stops when said to.</summary>
public abstract class VpcOperationCommandBase : VpcDiskCommandBase
{
    /// <summary>
    /// Goes on where a refusal would otherwise protect something: an existing file, a saved state, a volume that looks too full.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits what was made or changed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;
}
