using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Vhdx;
using static System.FormattableString;

namespace VhdPS.Engine.Chains;

/// <summary>An image as its chain sees it, whatever its format: which one it is, and which one it names as its parent.</summary>
internal sealed class ChainImage
{
    private ChainImage(VhdFormat format)
    {
        Format = format;
    }

    /// <summary>The format; a parent has its child's.</summary>
    public VhdFormat Format { get; }

    /// <summary>Fixed, dynamic or differencing.</summary>
    public required VhdType VhdType { get; init; }

    /// <summary>The virtual size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public required long FileLength { get; init; }

    /// <summary>
    /// The identity that children name: of a VHD its unique id, of a VHDX the id of its data's state. All zeros where there is none.
    /// </summary>
    public required Guid Id { get; init; }

    /// <summary>The parent's identity as the image stores it; null where it has no parent, all zeros where it stores none.</summary>
    public Guid? ParentId { get; private init; }

    /// <summary>Where everything lies in a VHD; null for a VHDX.</summary>
    public ImageLayout? Vhd { get; private init; }

    /// <summary>Where everything lies in a VHDX; null for a VHD.</summary>
    internal VhdxLayout? Vhdx { get; private init; }

    /// <summary>What keeps the image from being read; null where nothing does.</summary>
    internal Finding? Refusal { get; private init; }

    /// <summary>What the image stores about its parent.</summary>
    internal IReadOnlyList<StoredParentPath> StoredPaths { get; private init; } = [];

    /// <summary>Another identity of the parent that is as good; null where there is none.</summary>
    internal Guid? OtherParentId => Vhdx?.Metadata?.ParentLocator?.Linkage2;

    /// <summary>Whether it has a parent that can be looked for.</summary>
    internal bool HasParent => ParentId is not null;

    /// <summary>Reads an image of the format that its content has.</summary>
    /// <exception cref="VhdFormatException">It is too small to hold anything, or may be of either format.</exception>
    /// <exception cref="ImageIOException">It could not be read.</exception>
    internal static ChainImage Read(ImageFile file, LayoutOptions? options = null) => Read(file, FormatProbe.Of(file), options);

    /// <summary>Reads a file as an image of a format; another content is what keeps it from being read.</summary>
    /// <exception cref="VhdFormatException">It is too small to hold anything.</exception>
    /// <exception cref="ImageIOException">It could not be read.</exception>
    internal static ChainImage Read(ImageFile file, VhdFormat format, LayoutOptions? options = null) => format == VhdFormat.Vhdx
        ? Of(VhdxLayout.Read(file), options?.Force == true)
        : Of(file, ImageLayout.Read(file, options));

    /// <summary>A VHD whose layout has been read, without what it stores about its parent's path.</summary>
    internal static ChainImage Of(ImageLayout layout) => Of(null, layout);

    /// <summary>A VHD whose layout has been read.</summary>
    internal static ChainImage Of(ImageFile? file, ImageLayout layout)
    {
        DynamicDiskHeader? header = layout is { StoredFooter: not null, VhdType: VhdType.Differencing } ? layout.Header : null;
        return new ChainImage(VhdFormat.Vhd)
        {
            VhdType = layout.StoredFooter is null ? VhdType.None : layout.VhdType,
            SizeBytes = layout.StoredFooter is null ? 0 : (long)Math.Min(layout.Size.SizeBytes, long.MaxValue),
            FileLength = layout.FileLength,
            Id = layout.StoredFooter is null ? Guid.Empty : layout.Footer.UniqueId,
            ParentId = header?.ParentUniqueId,
            Vhd = layout,
            Refusal = layout.FindBlockingFinding(forWriting: false),
            StoredPaths = header is null || file is null ? [] : StoredParentPath.ReadAll(file, header),
        };
    }

    /// <summary>A VHDX whose layout has been read.</summary>
    internal static ChainImage Of(VhdxLayout layout, bool force = false)
    {
        VhdxParentLocator? locator = layout.Metadata?.ParentLocator;
        bool isChild = layout.VhdType == VhdType.Differencing;
        return new ChainImage(VhdFormat.Vhdx)
        {
            VhdType = layout.VhdType,
            SizeBytes = layout.Metadata?.SizeBytes ?? 0,
            FileLength = layout.FileLength,
            Id = layout.Header?.DataWriteGuid ?? Guid.Empty,
            ParentId = isChild ? locator?.Linkage ?? Guid.Empty : null,
            Vhdx = layout,
            Refusal = layout.FindBlockingFinding(force),
            StoredPaths = isChild && locator is not null ? StoredParentPath.ReadAll(locator) : [],
        };
    }

    /// <summary>Whether a parent with this identity is the one that is meant.</summary>
    internal bool IsLinkedTo(Guid id) =>
        id != Guid.Empty && (Vhdx?.Metadata?.ParentLocator is { } locator ? locator.IsLinkedTo(id) : ParentId == id);

    /// <summary>That the file's time is another than the one that a child stores; null where they agree or none is stored.</summary>
    internal Finding? CompareParentTime(DateTime modifiedUtc)
    {
        const int toleranceSeconds = 2;
        if (Vhd is not { Header: { ParentTimeStampSeconds: not 0 and var stored } } layout)
        {
            return null;
        }

        uint actual = VhdSpec.ToTimeStamp(modifiedUtc);
        return Math.Abs((long)stored - actual) <= toleranceSeconds
            ? null
            : new Finding(
                FaultCode.ParentTimeStampDiffers,
                VhdStructure.DynamicHeader,
                (long)layout.Footer.DataOffset + DynamicDiskHeader.ParentTimeStampAt,
                Invariant($"{VhdSpec.Epoch.AddSeconds(actual):u}"),
                Invariant($"{VhdSpec.Epoch.AddSeconds(stored):u}"),
                "The parent was modified after the image was made, by the time stamps.");
    }
}
