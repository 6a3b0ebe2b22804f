using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Set;

namespace VhdPS.Commands;

/// <summary>Changes fields of an image's footer, and links a differencing image to another parent.</summary>
[Cmdlet(VerbsCommon.Set, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage))]
public sealed class SetVpcImageCommand : VpcPathCommandBase
{
    private readonly DistantParent _distantParent = new();

    /// <summary>The new parent of a differencing image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? ParentPath { get; set; }

    /// <summary>Takes a parent with another unique id than the stored one, and stores its id.</summary>
    [Parameter]
    public SwitchParameter IgnoreIdMismatch { get; set; }

    /// <summary>Takes -ParentPath for a raw disk, whatever its bytes look like: the image stores no id of it.</summary>
    [Parameter]
    public SwitchParameter RawParent { get; set; }

    /// <summary>The new identity, not all zeros.</summary>
    [Parameter]
    public Guid UniqueId { get; set; }

    /// <summary>Gives the image a new random identity, as a copy needs one.</summary>
    [Parameter]
    public SwitchParameter ResetDiskIdentifier { get; set; }

    /// <summary>At most four characters that name the program that made the image.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(CreatorCompleter))]
    public string? CreatorApplication { get; set; }

    /// <summary>Whether a virtual machine's state is saved with the image.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BooleanCompleter))]
    public bool SavedState { get; set; }

    /// <summary>The time of making.</summary>
    [Parameter]
    public DateTime TimeStamp { get; set; }

    /// <summary>Changes the unique id of an image although children in its folder name the old one.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the changed image.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Change(path), out SetImageOptions change))
        {
            return;
        }

        ReportFile(path);
        if (!TryRun(path, () => SetImageOperation.Check(change))
            || !ShouldProcess(path, Describe(change))
            || !TryRun(path, () => SetImageOperation.Run(change)))
        {
            return;
        }

        ReportStep($"{path}: {(change.ParentPath is null ? "footers" : "parent, header and footers")} written.");
        if (change.ParentPath is not null)
        {
            ReportFile(path);
            if (_distantParent.WarningOf(path) is { } warning)
            {
                WriteWarning(warning);
            }
        }

        if (PassThru && TryRun(path, () => VpcImage.Read(path), out VpcImage image))
        {
            WriteObject(image);
        }
    }

    private static string Describe(SetImageOptions change)
    {
        var parts = new List<string>();
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                parts.Add($"{name} = '{value}'");
            }
        }

        Add("parent", change.ParentPath);
        Add("unique id", change.UniqueId);
        Add("creator", change.CreatorApplication);
        Add("saved state", change.SavedState);
        Add("time stamp", change.TimeStamp?.ToString("u", System.Globalization.CultureInfo.InvariantCulture));
        return $"Set {string.Join(", ", parts)}";
    }

    private SetImageOptions Change(string path)
    {
        if (ResetDiskIdentifier && IsGiven(nameof(UniqueId)))
        {
            throw new ArgumentException("Give -UniqueId or -ResetDiskIdentifier, not both.");
        }

        var change = new SetImageOptions(path)
        {
            Children = Children,
            ParentPath = ParentPath is null ? null : new PathResolver(SessionState.Path).ResolveLiteral(ParentPath),
            IgnoreIdMismatch = IgnoreIdMismatch,
            IsParentRaw = RawParent,
            UniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : ResetDiskIdentifier ? Guid.NewGuid() : null,
            CreatorApplication = CreatorApplication is null ? null : CreatorName.Complete(CreatorApplication),
            SavedState = IsGiven(nameof(SavedState)) ? SavedState : null,
            TimeStamp = IsGiven(nameof(TimeStamp)) ? TimeStamp.ToUniversalTime() : null,
            Force = Force,
        };
        return change.IsEmpty
            ? throw new ArgumentException(
                "Nothing is to change: give -ParentPath, -UniqueId, -ResetDiskIdentifier, -CreatorApplication, -SavedState or -TimeStamp.")
            : change;
    }
}
