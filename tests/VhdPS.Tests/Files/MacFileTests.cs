using System.Reflection;
using System.Runtime.InteropServices;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Tests.Files;

/// <summary>What of the calls to macOS can be held against its headers and its faults without a Mac.</summary>
public sealed class MacFileTests
{
    /// <summary>Eight integer registers (Apple's arm64 ABI), all taken, put the first variadic argument on the stack.</summary>
    [Fact]
    public void A_variadic_argument_of_arm64_comes_after_eight_registers()
    {
        MethodInfo method = typeof(MacFile).GetMethod(nameof(MacFile.ControlByStack), BindingFlags.Static | BindingFlags.NonPublic)!;
        ParameterInfo[] parameters = method.GetParameters();
        Assert.Equal(9, parameters.Length);
        Assert.All(parameters[2..8], parameter => Assert.Equal(typeof(nint), parameter.ParameterType));
        Assert.Equal(typeof(MacFile.Hole).MakeByRefType(), parameters[8].ParameterType);
    }

    /// <summary>fpunchhole_t of sys/fcntl.h: two unsigned ints, two off_t.</summary>
    [Fact]
    public void A_hole_is_laid_out_as_in_the_header()
    {
        Assert.Equal(24, Marshal.SizeOf<MacFile.Hole>());
        Assert.Equal(8, (int)Marshal.OffsetOf<MacFile.Hole>(nameof(MacFile.Hole.Offset)));
        Assert.Equal(16, (int)Marshal.OffsetOf<MacFile.Hole>(nameof(MacFile.Hole.Length)));
    }

    /// <summary>APFS may report holes where data is: a file of nothing but a hole counts as data too.</summary>
    [Fact]
    public void Holes_are_never_taken_from_the_system()
    {
        using var folder = new TempFolder();
        using var handle = File.OpenHandle(folder["hole"], FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(handle, 1024 * 1024);
        var mac = new MacFile();
        Assert.Equal((4096, 1024 * 1024), mac.FindData(handle, 4096, 1024 * 1024));
        Assert.Null(mac.FindData(handle, 1024 * 1024, 1024 * 1024));
        if (OperatingSystem.IsLinux())
        {
            Assert.Null(PlatformFile.Current.FindData(handle, 4096, 1024 * 1024));
        }
    }
}
