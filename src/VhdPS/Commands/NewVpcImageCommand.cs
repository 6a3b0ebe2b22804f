using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Makes new, empty images: of a size, or as children of a parent.</summary>
[Cmdlet(VerbsCommon.New, "VpcImage", DefaultParameterSetName = SizeSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage))]
public sealed class NewVpcImageCommand : VpcCommandBase
{
    private const string SizeSet = "Size";
    private const string ParentSet = "Parent";

    /// <summary>The files to make.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The virtual size in bytes, rounded up to a sector.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [Alias("SizeBytes")]
    [ByteSize]
    public long Size { get; set; }

    /// <summary>The image that the new ones are children of: their size and geometry are its.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParentSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string ParentPath { get; set; } = string.Empty;

    /// <summary>Dynamic or fixed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [ValidateSet(nameof(VhdType.Dynamic), nameof(VhdType.Fixed))]
    public VhdType VhdType { get; set; } = VhdType.Dynamic;

    /// <summary>Bytes in a block: a power of two; by default 2 MiB, or as the parent's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("BlockSizeBytes")]
    [ByteSize]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; } = VhdSpec.DefaultBlockSize;

    /// <summary>Exactly the size asked for, or whole cylinders as Virtual PC makes them.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    public GeometryRule Geometry { get; set; }

    /// <summary>The identity of the image; random by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Guid UniqueId { get; set; }

    /// <summary>The time of making; now by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public DateTime TimeStamp { get; set; }

    /// <summary>Replaces existing files.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var resolver = new PathResolver(SessionState.Path);
        string? parent = null;
        if (ParameterSetName == ParentSet && !TryRun(ParentPath, () => resolver.ResolveLiteral(ParentPath), out parent))
        {
            return;
        }

        string what = parent is null
            ? $"Create a {VhdType} image of {VpcSize.Format(Size)}"
            : $"Create a differencing image over '{parent}'";
        foreach (string path in Path)
        {
            if (!TryRun(path, () => resolver.ResolveLiteral(path), out string file)
                || !ShouldProcess(file, what)
                || !TryRun(file, () => Create(file, parent), out VpcImage image))
            {
                continue;
            }

            ReportFile(file);
            WriteObject(image);
        }
    }

    private VpcImage Create(string file, string? parent)
    {
        Guid uniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : Guid.NewGuid();
        DateTime timeStamp = IsGiven(nameof(TimeStamp)) ? TimeStamp : DateTime.UtcNow;
        if (parent is null)
        {
            ImageCreator.Create(
                file,
                new NewImage(Size)
                {
                    VhdType = VhdType,
                    BlockSize = BlockSize,
                    GeometryRule = Geometry,
                    UniqueId = uniqueId,
                    TimeStamp = timeStamp,
                },
                Force);
        }
        else
        {
            ChildCreator.Create(
                file,
                new NewChild(parent)
                {
                    BlockSize = IsGiven(nameof(BlockSize)) ? BlockSize : null,
                    UniqueId = uniqueId,
                    TimeStamp = timeStamp,
                },
                Force);
        }

        return VpcImage.Read(file);
    }
}
