using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Commands;

/// <summary>Makes new, empty images: of a size, or as children of a parent.</summary>
[Cmdlet(VerbsCommon.New, "VpcImage", DefaultParameterSetName = SizeSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage))]
public sealed class NewVpcImageCommand : VpcCommandBase
{
    private const string SizeSet = "Size";
    private const string ParentSet = "Parent";
    private const string GeometrySet = "Geometry";

    /// <summary>The least size that Hyper-V makes, in bytes.</summary>
    private const long LeastUsual = 3 * 1024 * 1024;

    private readonly DistantParent _distantParent = new();

    /// <summary>The files to make.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ImagePath]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>
    /// The virtual size in bytes, rounded up to a sector; of a child its parent's or more. Left out, a child has its parent's, and an image
    /// with -DiskGeometry that of its geometry.
    /// </summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [Parameter(Position = 1, ParameterSetName = GeometrySet)]
    [Parameter(ParameterSetName = ParentSet)]
    [Alias("SizeBytes")]
    [ByteSize]
    public long Size { get; set; }

    /// <summary>The image that the new ones are children of: their size and geometry are its.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParentSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string ParentPath { get; set; } = string.Empty;

    /// <summary>Takes -ParentPath for a raw disk, whatever its bytes look like: the child stores no id of it, as Xen's do.</summary>
    [Parameter(ParameterSetName = ParentSet)]
    public SwitchParameter RawParent { get; set; }

    /// <summary>A dynamic image, as without this.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    [Parameter(ParameterSetName = GeometrySet)]
    public SwitchParameter Dynamic { get; set; }

    /// <summary>A fixed image.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    [Parameter(ParameterSetName = GeometrySet)]
    public SwitchParameter Fixed { get; set; }

    /// <summary>A child of -ParentPath, as without this.</summary>
    [Parameter(ParameterSetName = ParentSet)]
    public SwitchParameter Differencing { get; set; }

    /// <summary>Dynamic or fixed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = GeometrySet)]
    [ValidateSet(nameof(VhdType.Dynamic), nameof(VhdType.Fixed))]
    [SingleValue]
    public VhdType VhdType { get; set; } = VhdType.Dynamic;

    /// <summary>
    /// Bytes in a block: a power of two; by default 2 MiB or as the parent's, of a VHDX 32 MiB, or 2 MiB with a parent.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("BlockSizeBytes")]
    [ByteSize]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; } = VhdSpec.DefaultBlockSize;

    /// <summary>Bytes of a sector as the disk in a VHDX shows it, 512 or 4096.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [Alias("LogicalSectorSizeBytes")]
    [ValidateSet("512", "4096")]
    public int LogicalSectorSize { get; set; } = VhdSpec.SectorSize;

    /// <summary>Bytes of a sector as the disk in a VHDX recommends to write it, 512 or 4096; by default 4096.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SizeSet)]
    [Alias("PhysicalSectorSizeBytes")]
    [ValidateSet("512", "4096")]
    public int PhysicalSectorSize { get; set; }

    /// <summary>Exactly the size asked for, or whole cylinders as Virtual PC makes them.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    [SingleValue]
    public GeometryRule Geometry { get; set; }

    /// <summary>
    /// Cylinders, heads and sectors per track that the image names, such as "306/4/17"; by default those that the specification's algorithm
    /// gives for the size.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = GeometrySet)]
    [DiskGeometry]
    public DiskGeometry DiskGeometry { get; set; }

    /// <summary>
    /// The virtual size in bytes up to which a dynamic image can be grown later without moving blocks: its table has the entries for it.
    /// Azure and 7-Zip refuse such an image until it has that size.
    /// </summary>
    [Parameter(ParameterSetName = SizeSet)]
    [Parameter(ParameterSetName = GeometrySet)]
    [Alias("MaximumSizeBytes")]
    [ByteSize]
    public long MaximumSize { get; set; }

    /// <summary>The program that the image names as its maker, up to four characters; by default the one that fits -Geometry.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    [Parameter(ParameterSetName = GeometrySet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CreatorCompleter))]
    public string? CreatorApplication { get; set; }

    /// <summary>The identity of the image; random by default. Never by property name: two images of one identity are taken for each
    /// other.</summary>
    [Parameter]
    public Guid UniqueId { get; set; }

    /// <summary>The time of making; now by default.</summary>
    [Parameter]
    public DateTime? TimeStamp { get; set; }

    /// <summary>
    /// Does not wait until the new images are on the medium: a power cut within the next minutes can lose them. Never over an existing
    /// file.
    /// </summary>
    [Parameter]
    public SwitchParameter NoFlush { get; set; }

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

        if (!TryRun(Path, ChooseType, out VhdType vhdType))
        {
            return;
        }

        string what = parent is null
            ? $"Create a {vhdType} image of {VpcSize.Format(SizeBytes)}"
            : $"Create a differencing image over '{parent}'";
        foreach (string path in Path)
        {
            if (!TryRun(path, () => Check(resolver.ResolveLiteral(path)), out string file)
                || !ShouldProcess(file, what)
                || !TryRun(file, () => Create(file, parent, vhdType), out VpcImage image))
            {
                continue;
            }

            if (parent is null && image.Size < LeastUsual)
            {
                WriteWarning($"{file}: a disk of {image.Size} bytes: sizes are in bytes, and 20GB is written with its unit.");
            }

            if (parent is not null && _distantParent.WarningOf(file) is { } warning)
            {
                WriteWarning(warning);
            }

            ReportFile(file);
            if (image.Header is { } header && header.MaxTableEntries > image.BlockCount)
            {
                WriteWarning(
                    $"{file}: the table has {header.MaxTableEntries} entries for {image.BlockCount} blocks: until the disk has its "
                        + "maximum size, Azure and 7-Zip refuse the image.");
            }

            if (image is { VhdFormat: VhdFormat.Vhd, VhdType: VhdType.Fixed, Size: > VhdSpec.MaxSize })
            {
                WriteWarning(LargeFixedImage.Warning(file));
            }

            WriteObject(image);
        }
    }

    private long SizeBytes => ParameterSetName == GeometrySet && !IsGiven(nameof(Size)) ? DiskGeometry.SizeBytes : Size;

    private VhdType ChooseType()
    {
        bool isContradicted = (Dynamic && (Fixed || (IsGiven(nameof(VhdType)) && VhdType != VhdType.Dynamic)))
            || (Fixed && IsGiven(nameof(VhdType)) && VhdType != VhdType.Fixed);
        return isContradicted ? throw new ArgumentException("-Dynamic, -Fixed and -VhdType name different types.")
            : Fixed ? VhdType.Fixed
            : VhdType;
    }

    /// <summary>Refuses before anything is asked or said what the making would refuse for its name or place.</summary>
    private string Check(string file)
    {
        ForeignName.ThrowIf(file);
        if (NoFlush)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(file);
        }

        ReplacementFile.ThrowIfInTheWay(file, Force, source: null);
        return file;
    }

    private VpcImage Create(string file, string? parent, VhdType vhdType)
    {
        Guid uniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : Guid.NewGuid();
        DateTime timeStamp = TimeStamp ?? DateTime.UtcNow;
        if (ImageName.IsVhdx(file))
        {
            CreateVhdx(file, parent, vhdType, uniqueId, timeStamp);
        }
        else if (LogicalSectorSize != VhdSpec.SectorSize
            || (IsGiven(nameof(PhysicalSectorSize)) && PhysicalSectorSize != VhdSpec.SectorSize))
        {
            throw new ArgumentException($"{file}: only a VHDX has sectors of another size than 512 bytes.");
        }
        else if (parent is null)
        {
            ImageCreator.Create(
                file,
                new NewImage(SizeBytes)
                {
                    VhdType = vhdType,
                    BlockSize = BlockSize,
                    GeometryRule = Geometry,
                    Geometry = IsGiven(nameof(DiskGeometry)) ? DiskGeometry : null,
                    MaximumSizeBytes = IsGiven(nameof(MaximumSize)) ? MaximumSize : null,
                    CreatorApplication = CreatorApplication is null ? null : CreatorName.Complete(CreatorApplication),
                    UniqueId = uniqueId,
                    TimeStamp = timeStamp,
                },
                Force,
                sync: !NoFlush);
        }
        else
        {
            ChildCreator.Create(
                file,
                new NewChild(parent)
                {
                    BlockSize = IsGiven(nameof(BlockSize)) ? BlockSize : null,
                    SizeBytes = IsGiven(nameof(Size)) ? Size : null,
                    IsParentRaw = RawParent,
                    UniqueId = uniqueId,
                    TimeStamp = timeStamp,
                },
                Force,
                sync: !NoFlush);
        }

        return VpcImage.Read(file);
    }

    private void CreateVhdx(string file, string? parent, VhdType vhdType, Guid uniqueId, DateTime timeStamp)
    {
        int? blockSize = IsGiven(nameof(BlockSize)) ? BlockSize : null;
        if (parent is not null && IsGiven(nameof(Size)))
        {
            throw new ArgumentException($"{file}: a VHDX child has its parent's size: leave out -Size.");
        }

        if (RawParent || IsGiven(nameof(DiskGeometry)) || IsGiven(nameof(MaximumSize)))
        {
            throw new ArgumentException($"{file}: -RawParent, -DiskGeometry and -MaximumSize are of a VHD.");
        }

        if (parent is not null)
        {
            VhdxCreator.CreateChild(
                file,
                new NewVhdxChild(parent) { BlockSizeBytes = blockSize, UniqueId = uniqueId, TimeStamp = timeStamp },
                Force,
                sync: !NoFlush);
            return;
        }

        if (Geometry != GeometryRule.Exact)
        {
            throw new ArgumentException($"{file}: a VHDX has no geometry: leave out -Geometry.");
        }

        if (CreatorApplication is not null)
        {
            throw new ArgumentException($"{file}: the creator of a VHDX is a text of its own: leave out -CreatorApplication.");
        }

        var image = new NewVhdx(Size)
        {
            VhdType = vhdType,
            BlockSizeBytes = blockSize,
            LogicalSectorSize = LogicalSectorSize,
            UniqueId = uniqueId,
            TimeStamp = timeStamp,
        };
        image = IsGiven(nameof(PhysicalSectorSize)) ? image with { PhysicalSectorSize = PhysicalSectorSize } : image;
        VhdxCreator.Create(file, image, Force, sync: !NoFlush);
    }
}
