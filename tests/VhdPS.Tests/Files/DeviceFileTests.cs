using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;
using VhdPS.Tests.Vhdx;

namespace VhdPS.Tests.Files;

/// <summary>A block device as a raw disk, on a real loop device.</summary>
public sealed class DeviceFileTests : IDisposable
{
    private const int Size = 32 * 1024 * 1024;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RootFact("losetup")]
    public void A_device_is_read_as_the_file_beneath_it()
    {
        byte[] disk = DiskFill.Make(5, Size);
        string device = Attach(_folder.Write("a.raw", disk));
        try
        {
            using DiskSource source = DiskSource.Open(device, SourceFormat.Raw);
            Assert.Equal((Size, 512), (source.SizeBytes, source.LogicalSectorSize));
            Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
            Assert.False(source.IsDeletable);
            Assert.Throws<Engine.Format.VhdFormatException>(() => DiskSource.Open(device, SourceFormat.Vhd).Dispose());
        }
        finally
        {
            PeerProcess.Run("losetup", "-d", device);
        }
    }

    [RootFact("losetup")]
    public void A_device_of_4096_bytes_a_sector_says_so()
    {
        string device = Attach(_folder.Write("a.raw", new byte[Size]), "--sector-size", "4096");
        try
        {
            using DiskSource source = DiskSource.Open(device, SourceFormat.Raw);
            Assert.Equal((4096, Size / 4096), (source.LogicalSectorSize, source.LogicalSectorCount));
        }
        finally
        {
            PeerProcess.Run("losetup", "-d", device);
        }
    }

    [RootFact("losetup", "mkfs.ext4", "mount")]
    public void A_device_that_is_mounted_for_writing_is_refused_unless_forced()
    {
        string device = Attach(_folder.Write("a.raw", new byte[Size])), mount = _folder["mount"];
        Directory.CreateDirectory(mount);
        try
        {
            PeerProcess.Run("mkfs.ext4", "-q", device);
            PeerProcess.Run("mount", device, mount);
            try
            {
                VhdOperationException refusal = Assert.Throws<VhdOperationException>(
                    () => DiskSource.Open(device, SourceFormat.Raw).Dispose());
                Assert.Equal((OperationError.DeviceInUse, true), (refusal.Code, refusal.IsOverridable));
                DiskSource.Open(device, SourceFormat.Raw, new VhdOpenOptions { Force = true }).Dispose();
                var options = new ConvertOptions(device, _folder["b.vhd"])
                {
                    SourceFormat = SourceFormat.Raw,
                    TargetFormat = DiskFormat.Dynamic,
                    UniqueId = DiskModel.UniqueId,
                    TimeStamp = DiskModel.TimeStamp,
                };
                Assert.Throws<VhdOperationException>(() => ConvertOperation.Begin(options).Dispose());
                ConvertOperation.Begin(options with { Force = true }).Dispose();
                PeerProcess.Run("mount", "-o", "remount,ro", mount);
                DiskSource.Open(device, SourceFormat.Raw).Dispose();
            }
            finally
            {
                PeerProcess.Run("umount", mount);
            }

            DiskSource.Open(device, SourceFormat.Raw).Dispose();
        }
        finally
        {
            PeerProcess.Run("losetup", "-d", device);
        }
    }

    private static string Attach(string path, params string[] arguments) =>
        PeerProcess.Run("losetup", ["-f", "--show", .. arguments, path]).Trim();
}
