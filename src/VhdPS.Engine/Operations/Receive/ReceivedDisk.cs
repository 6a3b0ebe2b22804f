using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>
/// The file that a disk is received into, under a name of its own until it is whole. What was written before the last
/// flush is there when a later run opens it again, whatever happened in between.
/// </summary>
internal abstract class ReceivedDisk : IDisposable
{
    /// <summary>Bytes that were written since the last flush.</summary>
    public long UnflushedBytes { get; protected set; }

    /// <summary>Makes the file.</summary>
    /// <param name="path">The partial file.</param>
    /// <param name="sizeBytes">The disk's size.</param>
    /// <param name="options">What it is to be.</param>
    public static void Create(string path, long sizeBytes, ReceiveOptions options)
    {
        if (options.ParentPath is { } parentPath)
        {
            ChildCreator.Create(path, new NewChild(parentPath) { UniqueId = options.UniqueId, TimeStamp = options.TimeStamp });
            long parentSize;
            using (VhdImage child = VhdImage.Open(path))
            {
                parentSize = child.SectorCount * VhdSpec.SectorSize;
            }

            if (parentSize != sizeBytes)
            {
                ResizeOperation.Run(new ResizeOptions(path)
                {
                    SizeBytes = sizeBytes,
                    Force = true,
                    Parents = ParentPolicy.Default with { ParentPath = parentPath },
                });
            }
        }
        else if (options.IsVhdx)
        {
            using LocalImageFile file = LocalImageFile.CreateNew(path);
            new VhdxBuilder(file, NewVhdx(sizeBytes, options)).Begin();
            file.Flush();
        }
        else if (options.TargetFormat == DiskFormat.Dynamic)
        {
            ImageCreator.Create(path, new NewImage(sizeBytes) { UniqueId = options.UniqueId, TimeStamp = options.TimeStamp });
        }
        else
        {
            using LocalImageFile file = LocalImageFile.CreateNew(path);
            file.SetLength(sizeBytes + (options.TargetFormat == DiskFormat.Fixed ? VhdSpec.FooterSize : 0));
            file.Flush();
        }
    }

    /// <summary>Opens the file for writing; it ends with the disk's footer where it is a fixed image, and never before <see
    /// cref="Complete"/>.</summary>
    public static ReceivedDisk Open(string path, long sizeBytes, ReceiveOptions options)
    {
        LocalImageFile file = LocalImageFile.OpenWrite(path);
        if (options.ParentPath is null && options.IsVhdx)
        {
            return new VhdxDisk(file, NewVhdx(sizeBytes, options));
        }

        if (options.ParentPath is null && options.TargetFormat != DiskFormat.Dynamic)
        {
            HardDiskFooter? footer = options.TargetFormat == DiskFormat.Raw ? null : HardDiskFooter.Create(
                VhdType.Fixed,
                sizeBytes,
                DiskGeometry.ForSectorCount(sizeBytes / VhdSpec.SectorSize),
                options.UniqueId,
                options.TimeStamp,
                VirtualSize.WindowsCreator,
                VirtualSize.WindowsVersion);
            return new FlatDisk(file, sizeBytes, footer);
        }

        ParentPolicy parents = ParentPolicy.Default with { ParentPath = options.ParentPath };
        return new ImageDisk(RepairedImage.Open(file, new VhdOpenOptions { ForWriting = true, Parents = parents }, out _));
    }

    /// <summary>The options of a VHDX for a disk.</summary>
    public static NewVhdx NewVhdx(long sizeBytes, ReceiveOptions options) => new(sizeBytes)
    {
        VhdType = options.TargetFormat == DiskFormat.Fixed ? VhdType.Fixed : VhdType.Dynamic,
        UniqueId = options.UniqueId,
        TimeStamp = options.TimeStamp,
    };

    /// <summary>
    /// Announces a range that is written later, or that an earlier run wrote: each in ascending order and before the first is
    /// written, the same ones in each run.
    /// </summary>
    public virtual void Announce(long offset, long end)
    {
    }

    /// <summary>Writes sectors of the disk, zeros too. Its range was announced.</summary>
    public abstract void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when all that was written is on the medium.</summary>
    public abstract void Flush();

    /// <summary>Writes what makes the file whole, and flushes.</summary>
    public abstract void Complete();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>An image with blocks.</summary>
    private sealed class ImageDisk(VhdImage image) : ReceivedDisk
    {
        public override void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            image.WriteSectors(offset / VhdSpec.SectorSize, bytes);
            UnflushedBytes += bytes.Length;
        }

        public override void Flush()
        {
            image.Flush();
            UnflushedBytes = 0;
        }

        public override void Complete() => Flush();

        public override void Dispose() => image.Dispose();
    }

    /// <summary>A raw disk or a fixed image.</summary>
    private sealed class FlatDisk(LocalImageFile file, long sizeBytes, HardDiskFooter? footer) : ReceivedDisk
    {
        public override void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            file.WriteAt(offset, bytes);
            UnflushedBytes += bytes.Length;
        }

        public override void Flush()
        {
            file.Flush();
            UnflushedBytes = 0;
        }

        public override void Complete()
        {
            if (footer is not null)
            {
                file.WriteAt(sizeBytes, footer.Bytes);
            }

            Flush();
        }

        public override void Dispose() => file.Dispose();
    }

    /// <summary>
    /// A VHDX, whose structures are written last. Blocks get their places by what is announced, so that each run finds those of
    /// the runs before it although nothing in the file says where they are.
    /// </summary>
    private sealed class VhdxDisk : ReceivedDisk
    {
        private readonly LocalImageFile _file;
        private readonly VhdxBuilder _builder;

        public VhdxDisk(LocalImageFile file, NewVhdx image)
        {
            _file = file;
            _builder = new VhdxBuilder(file, image);
            if (image.VhdType == VhdType.Fixed)
            {
                // Places for all blocks; the file has its length already.
                _builder.Begin();
            }
            else
            {
                _builder.ClearTable();
            }
        }

        public override void Announce(long offset, long end)
        {
            for (long blockIndex = offset / _builder.BlockSize; blockIndex * _builder.BlockSize < end; blockIndex++)
            {
                if (!_builder.IsPlaced(blockIndex))
                {
                    _builder.Place(blockIndex);
                }
            }
        }

        public override void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            UnflushedBytes += bytes.Length;
            while (bytes.Length > 0)
            {
                long inBlock = offset % _builder.BlockSize;
                int count = (int)Math.Min(bytes.Length, _builder.BlockSize - inBlock);
                _file.WriteAt(_builder.DataOffset(offset / _builder.BlockSize) + inBlock, bytes[..count]);
                bytes = bytes[count..];
                offset += count;
            }
        }

        public override void Flush()
        {
            _file.Flush();
            UnflushedBytes = 0;
        }

        public override void Complete()
        {
            _builder.Complete();
            Flush();
        }

        public override void Dispose() => _file.Dispose();
    }
}
