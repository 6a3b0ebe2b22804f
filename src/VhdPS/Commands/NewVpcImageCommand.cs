using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Commands;

/// <summary>Makes new, empty images.</summary>
[Cmdlet(VerbsCommon.New, "VpcImage", SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage))]
public sealed class NewVpcImageCommand : VpcCommandBase
{
    /// <summary>The files to make.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The virtual size in bytes, rounded up to a sector.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("SizeBytes")]
    public long Size { get; set; }

    /// <summary>Dynamic or fixed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(VhdType.Dynamic), nameof(VhdType.Fixed))]
    public VhdType VhdType { get; set; } = VhdType.Dynamic;

    /// <summary>Bytes in a block of a dynamic image: a power of two.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("BlockSizeBytes")]
    public int BlockSize { get; set; } = VhdSpec.DefaultBlockSize;

    /// <summary>Exactly the size asked for, or whole cylinders as Virtual PC makes them.</summary>
    [Parameter]
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
        foreach (string path in Path)
        {
            if (!TryRun(path, () => resolver.ResolveLiteral(path), out string file)
                || !ShouldProcess(file, $"Create a {VhdType} image of {VpcSize.Format(Size)}")
                || !TryRun(file, () => Create(file), out VpcImage image))
            {
                continue;
            }

            WriteObject(image);
        }
    }

    private VpcImage Create(string file)
    {
        ImageCreator.Create(
            file,
            new NewImage(Size)
            {
                VhdType = VhdType,
                BlockSize = BlockSize,
                GeometryRule = Geometry,
                UniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : Guid.NewGuid(),
                TimeStamp = IsGiven(nameof(TimeStamp)) ? TimeStamp : DateTime.UtcNow,
            },
            Force);
        return VpcImage.Read(file);
    }
}
