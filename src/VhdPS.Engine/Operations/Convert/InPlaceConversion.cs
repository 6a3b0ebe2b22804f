using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Partitions;


namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// Turns a raw disk into a fixed image by adding a footer, and back by taking it off, without a copy. Each is one change of
/// the file's end: cut at any moment, the disk's bytes are in place.
/// </summary>
public static class InPlaceConversion
{
    /// <summary>Adds a footer to a raw file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fitFor">What the image is to be fit for: for Azure it is grown with zeros.</param>
    /// <param name="force">Also where the file is a fixed image already, which then becomes the disk in the new one.</param>
    /// <param name="uniqueId">The identity of the image.</param>
    /// <param name="timeStamp">The time of making.</param>
    /// <param name="keepPartitionTable">Whether the backup of a GPT stays where it is although the disk grows.</param>
    /// <exception cref="ArgumentException">The file is empty or larger than an image can be.</exception>
    /// <exception cref="VhdOperationException">The file is a fixed image already.</exception>
    /// <exception cref="ImageIOException">The footer could not be written; the file is as it was.</exception>
    public static void ToFixed(
        string path, CheckTarget fitFor, bool force, Guid uniqueId, DateTime timeStamp, bool keepPartitionTable = false)
    {
        using var file = LocalImageFile.OpenWrite(path);
        ToFixed(file, fitFor, force, uniqueId, timeStamp, keepPartitionTable);
    }

    /// <summary>Takes the footer off a fixed image.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sizeRule">Which of the two sizes in the footer is the disk's.</param>
    /// <param name="force">Also where bytes between the disk's end and the footer are lost, a machine's state is saved, or others depend
    /// on it.</param>
    /// <param name="children">Answers what depends on the image; null: an index for this call alone.</param>
    /// <exception cref="VhdFormatException">The file is no image, or too damaged.</exception>
    /// <exception cref="VhdOperationException">The image is not fixed, or one of the reasons for <paramref name="force"/>.</exception>
    /// <exception cref="ImageIOException">The file could not be cut.</exception>
    public static void ToRaw(string path, SizeRule sizeRule, bool force, ChildIndex? children = null)
    {
        using var file = LocalImageFile.OpenWrite(path);
        ToRaw(file, sizeRule, force, children);
    }

    /// <summary>Refuses what adding a footer would; the file is only read.</summary>
    /// <returns>The disk's size in bytes.</returns>
    internal static long CheckToFixed(string path, CheckTarget fitFor, bool force)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Prepare(file, fitFor, force, Guid.NewGuid(), DateTime.UtcNow).DiskSize;
    }

    /// <summary>Refuses what taking the footer off would; the file is only read.</summary>
    /// <returns>The disk's size in bytes.</returns>
    internal static long CheckToRaw(string path, SizeRule sizeRule, bool force, ChildIndex? children = null)
    {
        using var file = LocalImageFile.OpenRead(path);
        return FindSize(file, sizeRule, force, children);
    }

    internal static void ToFixed(
        ImageFile file, CheckTarget fitFor, bool force, Guid uniqueId, DateTime timeStamp, bool keepPartitionTable = false)
    {
        long length = file.Length;
        (long diskSize, HardDiskFooter footer) = Prepare(file, fitFor, force, uniqueId, timeStamp);
        try
        {
            file.WriteAt(diskSize, footer.Bytes);
            file.Flush();
        }
        catch (IOException)
        {
            file.SetLength(length);
            throw;
        }

        if (fitFor != CheckTarget.Any && !keepPartitionTable)
        {
            MoveTable(file, diskSize);
        }
    }

    internal static void ToRaw(ImageFile file, SizeRule sizeRule, bool force, ChildIndex? children = null)
    {
        file.SetLength(FindSize(file, sizeRule, force, children));
        file.Flush();
    }

    private static (long DiskSize, HardDiskFooter Footer) Prepare(
        ImageFile file, CheckTarget fitFor, bool force, Guid uniqueId, DateTime timeStamp)
    {
        long length = file.Length;
        var image = new NewImage(
            ConvertOperation.FitSize(length, fitFor))
        { VhdType = VhdType.Fixed, UniqueId = uniqueId, TimeStamp = timeStamp };
        HardDiskFooter footer = image.CreateFooter();
        if (!force)
        {
            FormatProbe.ThrowIfVhdx(file);
        }

        if (!force && IsFixedImage(file))
        {
            throw new VhdOperationException(
                file.Path, OperationError.WrongType, "the file is a fixed image already, which would become the disk in another.")
            { IsOverridable = true };
        }

        return (image.DiskSize, footer);
    }

    /// <summary>The disk has its new end already: the table is valid whenever this is cut off.</summary>
    private static void MoveTable(ImageFile file, long sizeBytes)
    {
        using var image = VhdImage.Open(new WritableNonOwningImageFile(file), new VhdOpenOptions { ForWriting = true });
        var end = DiskEnd.Read(new ImageDiskReader(image));
        if (end.PlanMove(sizeBytes) is { Verdict: GptMoveVerdict.Planned } move)
        {
            end.Write(image, move, clearsOld: true);
        }
    }

    private static long FindSize(ImageFile file, SizeRule sizeRule, bool force, ChildIndex? children)
    {
        var layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = sizeRule });
        if (layout.FindBlockingFinding(forWriting: false) is { } refusal)
        {
            throw new VhdFormatException(file.Path, refusal);
        }

        if (layout.VhdType != VhdType.Fixed)
        {
            throw new VhdOperationException(
                file.Path, OperationError.WrongType, "only a fixed image becomes raw in place; a copy can be made of every image.");
        }

        if (!force && layout.Footer.SavedState != 0)
        {
            throw new VhdOperationException(
                file.Path, OperationError.StateSaved, "the state of a virtual machine is saved with the image.")
            { IsOverridable = true };
        }

        if (!force)
        {
            (children ?? new ChildIndex()).ThrowIfAny(
                file.Path, layout, file.Identity, "and a raw disk has no id that it could know it by");
        }

        long sizeBytes = (long)layout.Size.SizeBytes;
        if (!force && layout.DataEnd > sizeBytes)
        {
            throw new VhdOperationException(
                file.Path,
                OperationError.DataWouldBeLost,
                $"{layout.DataEnd - sizeBytes} bytes lie between the end of the disk and the footer and would be dropped.")
            {
                IsOverridable = true,
            };
        }

        return sizeBytes;
    }

    private static bool IsFixedImage(ImageFile file)
    {
        if (file.Length < VhdSpec.FooterSize)
        {
            return false;
        }

        Span<byte> tail = stackalloc byte[VhdSpec.FooterSize];
        file.ReadAt(file.Length - tail.Length, tail);
        var footer = HardDiskFooter.Parse(tail);
        return footer.HasCookie && footer.IsChecksumValid && footer.DiskType == VhdType.Fixed
            && footer.CurrentSize == (ulong)(file.Length - VhdSpec.FooterSize);
    }
}
